import { afterAll, expect, test } from 'vitest'
import { scriptedModel } from '../models.ts'
import { createWorld } from '../world.ts'
import { accessibilityFaults, closeBrowser, type OpenOptions, openTab } from './browser.ts'

afterAll(closeBrowser)

const looks: [string, OpenOptions][] = [
  ['desktop, light, English', {}],
  ['phone, dark, Chinese', { width: 390, height: 844, dark: true, language: 'zh-CN' }],
]

test.each(looks)('axe finds nothing on any page: %s', async (_, options) => {
  const { models } = scriptedModel(() => 'A `line` of *words* with a [link](https://example.org).')
  await using world = await createWorld({ models })
  const { owner, id, channelId } = await world.guild()
  await world.character({ name: 'Mei', talkativeness: 1 })
  await owner.say(channelId, '```js\nconst a = 1\n```\n> quoted ||hidden|| <#1>')
  await owner.say(channelId, '@Mei hello')
  await world.settled()
  const paths = [
    `/channels/${id}/${channelId}`,
    '/channels/@me',
    '/characters',
    '/characters/new',
    '/settings/account',
    '/settings/appearance',
    '/settings/models',
    '/settings/developer',
    '/nowhere/at/all',
  ]
  await using tab = await openTab(world, owner, '/channels/@me', options)
  for (const path of paths) {
    if (!path.startsWith('/nowhere')) await tab.page.goto(path)
    else await tab.page.evaluate(`history.pushState(null, '', '${path}')`)
    await tab.page.getByRole('main').first().waitFor()
    await tab.page.waitForLoadState('networkidle').catch(() => undefined)
    expect([path, await accessibilityFaults(tab.page)]).toEqual([path, []])
  }
  await using stranger = await openTab(world, null, '/sign-up', options)
  await stranger.page.getByRole('main').waitFor()
  expect(await accessibilityFaults(stranger.page)).toEqual([])
  expect(tab.errors).toEqual([])
})

test('a phone shows one pane, and the others slide in', async () => {
  await using world = await createWorld()
  const { owner, id, channelId } = await world.guild()
  await using tab = await openTab(world, owner, `/channels/${id}/${channelId}`, { width: 390, height: 844 })
  const { page } = tab
  await page.getByRole('heading', { name: 'general', exact: true }).waitFor()
  expect(await page.getByRole('navigation', { name: 'Servers' }).count()).toBe(0)
  await page.getByRole('button', { name: 'Open the navigation' }).click()
  await page.getByRole('navigation', { name: 'Servers' }).waitFor()
  expect(await accessibilityFaults(page)).toEqual([])
  await page.getByRole('link', { name: 'Friends and direct messages' }).click()
  await page.getByRole('heading', { name: 'Friends', exact: true }).waitFor()
  await expect.poll(() => page.getByRole('navigation', { name: 'Servers' }).count()).toBe(0)
  await page.goBack()
  await page.getByRole('button', { name: 'Members' }).click()
  await page.getByRole('complementary', { name: 'Members' }).waitFor()
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390)
})
