import { afterAll, expect, test } from 'vitest'
import { createWorld } from '../world.ts'
import { closeBrowser, openTab } from './browser.ts'

afterAll(closeBrowser)

test('the first person owns the instance, signs out, and comes back by the right password only', async () => {
  await using world = await createWorld()
  await using tab = await openTab(world, null, '/')
  const { page } = tab
  await page.getByText('The first account owns this instance').waitFor()
  await page.getByLabel('Username').fill('ada')
  await page.getByLabel('Display name').fill('艾达')
  await page.getByLabel('E-mail').fill('ada@example.org')
  await page.getByLabel('Password').fill('a good password')
  await page.getByRole('button', { name: 'Create the account' }).click()
  await page.getByRole('heading', { name: 'No friends yet' }).waitFor()
  expect(await page.getByRole('region', { name: 'You' }).innerText()).toContain('艾达')

  await page.getByRole('link', { name: 'Settings' }).click()
  await page.getByRole('button', { name: 'Sign out', exact: true }).click()
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  await page.getByLabel('Username or e-mail').fill('ada')
  await page.getByLabel('Password').fill('a wrong password')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByText('The name or the password is wrong.').waitFor()
  await page.getByLabel('Password').fill('a good password')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { name: 'No friends yet' }).waitFor()
  expect(tab.errors).toEqual([])
})

test('a taken name is told at its field', async () => {
  await using world = await createWorld()
  await world.person('ada')
  await using tab = await openTab(world, null, '/sign-up')
  const { page } = tab
  await page.getByLabel('Username').fill('ada')
  await page.getByLabel('E-mail').fill('other@example.org')
  await page.getByLabel('Password').fill('a good password')
  await page.getByRole('button', { name: 'Create the account' }).click()
  await page.getByText('This username is taken.').waitFor()
  expect(await page.getByLabel('Username').getAttribute('aria-invalid')).toBe('true')
})

test('the language is the browser’s, and can be changed for good', async () => {
  await using world = await createWorld()
  const ada = await world.person('ada')
  await using tab = await openTab(world, ada, '/settings/appearance', { language: 'zh-CN' })
  const { page } = tab
  await page.getByRole('heading', { name: '语言与外观' }).waitFor()
  await page.getByLabel('English').check()
  await page.getByRole('heading', { name: 'Language and appearance' }).waitFor()
  await page.reload()
  await page.getByRole('heading', { name: 'Language and appearance' }).waitFor()
  expect(await page.locator('html').getAttribute('lang')).toBe('en')
  await page.getByLabel('Dark').check()
  expect(await page.locator('html').getAttribute('data-theme')).toBe('dark')
})

test('two become friends by username and talk', async () => {
  await using world = await createWorld()
  const [ada, bob] = [await world.person('ada'), await world.person('bob')]
  await using a = await openTab(world, ada, '/channels/@me')
  await using b = await openTab(world, bob, '/channels/@me')
  await a.page.getByRole('tab', { name: 'Add a friend' }).click()
  await a.page.getByLabel('Username').fill('bob')
  await a.page.getByRole('button', { name: 'Send a request' }).click()
  await a.page.getByText('A request is on its way to bob.').waitFor()
  await b.page.getByRole('tab', { name: 'Pending' }).click()
  await b.page.getByRole('button', { name: 'Accept ada' }).click()
  await b.page.getByRole('tab', { name: 'All' }).click()
  await b.page.getByRole('button', { name: 'Message ada' }).click()
  const box = b.page.getByRole('textbox', { name: 'Message ada' })
  await box.fill('hello ada')
  await box.press('Enter')
  await a.page.getByRole('link', { name: /bob/ }).click()
  await a.page.getByText('hello ada').waitFor()
})
