import { createElement } from 'react'
import { renderToStaticMarkup } from 'react-dom/server'
import ReactMarkdown from 'react-markdown'
import remarkGfm from 'remark-gfm'
import { expect, test } from 'vitest'
import { remarkDiscord } from './remark-discord.ts'
import { safeUrl } from './safe-url.ts'

const render = (text: string) =>
  renderToStaticMarkup(createElement(ReactMarkdown, { remarkPlugins: [remarkGfm, remarkDiscord] }, text))

const ID = '100000000000000001'

test('mentions of people, roles, channels and everyone are marked', () => {
  expect(render(`<@${ID}>`)).toContain(`data-mention="user" data-id="${ID}"`)
  expect(render(`<@&${ID}>`)).toContain('data-mention="role"')
  expect(render(`<#${ID}>`)).toContain('data-mention="channel"')
  expect(render('@everyone')).toContain('data-mention="everyone"')
})

test('code keeps its marks as text', () => {
  expect(render(`\`<@${ID}>\``)).not.toContain('data-mention')
})

test('spoilers may hold other marks', () => {
  expect(render('a ||b **c**|| d')).toBe('<p>a <span data-spoiler="">b <strong>c</strong></span> d</p>')
  expect(render('a || b')).toBe('<p>a || b</p>')
})

test('raw HTML stays text', () => {
  expect(render('<img src=x onerror=alert(1)>')).not.toContain('<img')
  expect(render('<script>alert(1)</script>')).not.toContain('<script')
})

test('links lead to the web and to mail, nowhere else', () => {
  expect(safeUrl('https://example.org/a')).toBe('https://example.org/a')
  expect(safeUrl('mailto:a@example.org')).toBe('mailto:a@example.org')
  for (const bad of [
    'javascript:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    '/relative',
    'vbscript:x',
    '',
  ]) {
    expect(safeUrl(bad)).toBeNull()
  }
})
