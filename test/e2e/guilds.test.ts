import { afterAll, expect, test } from 'vitest'
import { createWorld, type Person } from '../world.ts'
import { closeBrowser, openTab } from './browser.ts'

afterAll(closeBrowser)

test('a guild is made, an invite brings somebody in, a channel opens for both', async () => {
  await using world = await createWorld()
  const [ada, bob] = [await world.person('ada'), await world.person('bob')]
  await using a = await openTab(world, ada, '/channels/@me')
  await a.page.getByRole('button', { name: 'Create or join a server' }).click()
  await a.page.getByLabel('Server name').fill('Tea house')
  await a.page.getByRole('button', { name: 'Create', exact: true }).click()
  await a.page.getByRole('heading', { name: 'general', exact: true }).waitFor()
  await a.page.getByRole('button', { name: 'Tea house' }).click()
  await a.page.getByRole('menuitem', { name: 'Invite people' }).click()
  const link = a.page.getByLabel('Invite link')
  await expect.poll(() => link.inputValue()).toContain('/invite/')
  const invite = new URL(await link.inputValue())
  await a.page.keyboard.press('Escape')

  await using b = await openTab(world, bob, invite.pathname)
  await b.page.getByRole('heading', { name: 'Tea house' }).waitFor()
  await b.page.getByRole('button', { name: 'Join' }).click()
  await b.page.getByRole('heading', { name: 'general', exact: true }).waitFor()
  await a.page.getByRole('complementary', { name: 'Members' }).getByText('bob').waitFor()

  await a.page.getByRole('button', { name: 'Tea house' }).click()
  await a.page.getByRole('menuitem', { name: 'Create a channel' }).click()
  await a.page.getByLabel('Name').fill('Oolong Corner')
  await a.page.getByRole('button', { name: 'Create', exact: true }).click()
  await a.page.getByRole('heading', { name: 'oolong-corner', exact: true }).waitFor()
  await b.page.getByRole('link', { name: 'oolong-corner' }).waitFor()
  expect([...a.errors, ...b.errors]).toEqual([])
})

test('a role is made, coloured and given, and its holder stands apart', async () => {
  await using world = await createWorld()
  const [ada, bob] = (await world.members(2)) as [Person, Person]
  const guild = await world.guild()
  await using tab = await openTab(world, ada, `/channels/${guild.id}/${guild.channelId}`)
  const { page } = tab
  await page.getByRole('button', { name: 'The table' }).click()
  await page.getByRole('menuitem', { name: 'Server settings' }).click()
  await page.getByRole('tab', { name: 'Roles' }).click()
  await page.getByRole('button', { name: 'Create a role' }).click()
  await page.getByLabel('Name', { exact: true }).fill('Tea masters')
  await page.getByLabel('Colour').fill('#2266cc')
  await page.getByRole('switch', { name: 'Show its members apart' }).click()
  await page
    .getByRole('switch', { name: 'Kick members' })
    .or(page.getByRole('switch', { name: 'Remove' }))
    .first()
    .click()
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('list', { name: 'Roles' }).getByText('Tea masters').waitFor()
  await page.getByRole('tab', { name: 'Members' }).click()
  await page
    .getByRole('listitem')
    .filter({ hasText: bob.name })
    .getByRole('button', { name: 'Give a role' })
    .click()
  await page.getByRole('menuitem', { name: 'Tea masters' }).click()
  await page.getByRole('button', { name: 'Take Tea masters away' }).waitFor()
  await using other = await openTab(world, bob, `/channels/${guild.id}/${guild.channelId}`)
  await other.page.getByRole('heading', { name: 'Tea masters — 1' }).waitFor()
})

test('a channel that is closed to everyone is gone for others at once', async () => {
  await using world = await createWorld()
  const [ada, bob] = (await world.members(2)) as [Person, Person]
  const guild = await world.guild()
  await world.channel({ name: 'attic' })
  await using a = await openTab(world, ada, `/channels/${guild.id}/${guild.channelId}`)
  await using b = await openTab(world, bob, `/channels/${guild.id}/${guild.channelId}`)
  await b.page.getByRole('link', { name: 'attic' }).waitFor()
  await a.page.getByRole('link', { name: 'attic' }).hover()
  await a.page.getByRole('button', { name: 'Settings of attic' }).click()
  await a.page
    .getByRole('radiogroup', { name: 'View channels' })
    .getByRole('radio', { name: 'Deny' })
    .click({ force: true })
  await expect.poll(() => b.page.getByRole('link', { name: 'attic' }).count()).toBe(0)
})

test('a bot is made, its token shown, and added to a guild', async () => {
  await using world = await createWorld()
  const { owner } = await world.guild()
  await using tab = await openTab(world, owner, '/settings/developer')
  const { page } = tab
  await page.getByLabel('Name of the bot').fill('echo')
  await page.getByRole('button', { name: 'Create a bot' }).click()
  const card = page.getByRole('article', { name: 'echo' })
  await card.getByRole('button', { name: 'New token' }).click()
  await expect.poll(() => card.getByLabel('Token').inputValue()).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/)
  await card.getByRole('link', { name: 'Add to a server' }).click()
  await page.getByRole('heading', { name: 'Add echo to a server' }).waitFor()
  await page.getByRole('button', { name: 'Add to the server' }).click()
  await page.getByRole('complementary', { name: 'Members' }).getByText('echo').waitFor()
  expect(await page.getByRole('complementary', { name: 'Members' }).getByText('BOT').count()).toBe(1)
})
