import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { en } from './en.ts'
import { zhCn } from './zh-cn.ts'

const SRC = join(import.meta.dirname, '..')

const sources = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.tsx?$/.test(file) && !file.startsWith('i18n/') && !file.includes('.test.'))
  .concat('i18n/failure-text.ts')
  .map((file) => readFileSync(join(SRC, file), 'utf8'))
  .join('\n')

/** Keys in quotes, and the beginnings of those made from data: `notice.${failure}`. */
const named = new Set([...sources.matchAll(/'([a-zA-Z]+\.[A-Za-z0-9]+)'/g)].map((match) => match[1]))
const begun = [...sources.matchAll(/`([a-zA-Z]+\.)\$\{/g)].map((match) => match[1] ?? '')

const stem = (key: string) => key.replace(/_(one|other)$/, '')

test('both languages have the same keys', () => {
  expect(Object.keys(zhCn).sort()).toEqual(Object.keys(en).sort())
})

test('no key is missing', () => {
  const known = new Set(Object.keys(en).map(stem))
  const areas = new Set([...known].map((key) => key.split('.')[0]))
  const missing = [...named].filter(
    (key) =>
      key &&
      areas.has(key.split('.')[0] ?? '') &&
      !known.has(key) &&
      new RegExp(`\\bt\\('${key}'`).test(sources),
  )
  expect(missing).toEqual([])
})

test('no key is unused', () => {
  const unused = Object.keys(en).filter(
    (key) => !named.has(stem(key)) && !begun.some((start) => key.startsWith(start)),
  )
  expect(unused).toEqual([])
})

test('the same blanks are filled in both languages', () => {
  const blanks = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1]).sort()
  for (const [key, text] of Object.entries(en))
    expect([key, blanks(zhCn[key as keyof typeof en])]).toEqual([key, blanks(text)])
})
