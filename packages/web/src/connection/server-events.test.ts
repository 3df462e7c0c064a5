import { expect, test } from 'vitest'
import { readServerEvents } from './server-events.ts'

test('events are whole however the bytes are cut', async () => {
  const bytes = new TextEncoder().encode(
    'data: {"text":"你好"}\n\ndata: {"text":"b"}\r\n\r\n: comment\n\ndata: cut off',
  )
  for (const size of [1, 2, 3, 7, 100]) {
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        for (let at = 0; at < bytes.length; at += size) controller.enqueue(bytes.slice(at, at + size))
        controller.close()
      },
    })
    const events: string[] = []
    for await (const data of readServerEvents(new Response(stream))) events.push(data)
    expect(events).toEqual(['{"text":"你好"}', '{"text":"b"}'])
  }
})
