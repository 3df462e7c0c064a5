/** Child process: the floor. A bare `ws` server that gives what a socket sends to every socket, in memory. */
import { WebSocketServer } from 'ws'

process.once('message', ({ template }: { template: object }) => {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })
  server.on('connection', (socket) => {
    socket.on('message', (data) => {
      const { nonce, content } = JSON.parse(String(data)) as { nonce: string; content: string }
      const bytes = Buffer.from(
        JSON.stringify({ nonce, t: 'MESSAGE_CREATE', op: 0, d: { ...template, content } }),
      )
      for (const client of server.clients) client.send(bytes, { binary: false })
    })
  })
  server.on('listening', () => process.send?.({ port: (server.address() as { port: number }).port }))
})
