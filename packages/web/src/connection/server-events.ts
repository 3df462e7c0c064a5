/** The `data` of each event of a `text/event-stream` answer, as it arrives. An event that was cut off is dropped. https://html.spec.whatwg.org/multipage/server-sent-events.html */
export async function* readServerEvents(response: Response): AsyncGenerator<string> {
  if (!response.body) return
  let rest = ''
  let data: string[] = []
  for await (const chunk of decoded(response.body)) {
    // A \r at the end may be half of \r\n.
    const text = rest + chunk
    const cut = text.endsWith('\r') ? text.length - 1 : text.length
    const lines = text.slice(0, cut).split(/\r\n|\n|\r/)
    rest = (lines.pop() ?? '') + text.slice(cut)
    for (const line of lines) {
      if (line === '') {
        if (data.length > 0) yield data.join('\n')
        data = []
      } else if (line.startsWith('data:')) data.push(line.slice(line[5] === ' ' ? 6 : 5))
    }
  }
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
