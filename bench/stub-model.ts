/** Child process: an endpoint of OpenAI's protocol that streams the same words after the same pause. */
import { createServer } from 'node:http'

const FIRST_TOKEN_MS = 50
const WORDS = ['Certainly', ', ', 'here', ' is', ' what', ' I', ' think', '.']

const server = createServer((request, response) => {
  if (request.method === 'GET') {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ object: 'list', data: [{ id: 'stub', object: 'model' }] }))
    return
  }
  request.resume()
  request.on('end', () => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const chunk = (delta: object, finish: string | null) =>
      `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 0, model: 'stub', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`
    setTimeout(() => {
      for (const word of WORDS) response.write(chunk({ role: 'assistant', content: word }, null))
      response.end(`${chunk({}, 'stop')}data: [DONE]\n\n`)
    }, FIRST_TOKEN_MS)
  })
})
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as { port: number }).port }))
