import { expect, test } from 'vitest'
import { WorkQueue } from './work-queue.ts'

function gate() {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { open, opened }
}

test('runs no more at once than it may, and the others in order', async () => {
  const queue = new WorkQueue({ atOnce: 2, waiting: 10 })
  const gates = [gate(), gate(), gate(), gate()]
  const started: number[] = []
  const all = gates.map(({ opened }, index) =>
    queue.run(async () => {
      started.push(index)
      await opened
    }),
  )
  expect(started).toEqual([0, 1])
  gates[1]?.open()
  await all[1]
  await Promise.resolve()
  expect(started).toEqual([0, 1, 2])
  for (const { open } of gates) open()
  await Promise.all(all)
  expect(started).toEqual([0, 1, 2, 3])
})

test('refuses what exceeds its line, and recovers', async () => {
  const queue = new WorkQueue({ atOnce: 1, waiting: 1 })
  const { open, opened } = gate()
  const first = queue.run(() => opened)
  const second = queue.run(async () => 'second')
  await expect(queue.run(async () => 'third')).rejects.toThrow('overloaded')
  open()
  await first
  expect(await second).toBe('second')
  expect(await queue.run(async () => 'fourth')).toBe('fourth')
})

test('a failure gives its place on', async () => {
  const queue = new WorkQueue({ atOnce: 1, waiting: 4 })
  const failed = queue.run(async () => {
    throw new Error('no')
  })
  const next = queue.run(async () => 'next')
  await expect(failed).rejects.toThrow('no')
  expect(await next).toBe('next')
})
