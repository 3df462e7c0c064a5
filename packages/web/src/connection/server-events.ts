/** The `data` of each event of a `text/event-stream` answer, as it arrives. https://html.spec.whatwg.org/multipage/server-sent-events.html */
export async function* readServerEvents(response: Response): AsyncGenerator<string> {
  if (!response.body) return
  let rest = ''
  let data: string[] = []
  for await (const chunk of decoded(response.body)) {
    const lines = (rest + chunk).split(/\r\n|\n|\r/)
    rest = lines.pop() ?? ''
    for (const line of lines) {
      if (line === '') {
        if (data.length > 0) yield data.join('\n')
        data = []
      } else if (line.startsWith('data:')) data.push(line.slice(line[5] === ' ' ? 6 : 5))
    }
  }
  if (data.length > 0) yield data.join('\n')
}

// Not every browser iterates a stream by itself.
async function* decoded(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  const reader = body.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield decoder.decode(value, { stream: true })
    }
  } finally {
    await reader.cancel()
  }
}
