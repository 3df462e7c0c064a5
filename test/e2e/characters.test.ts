import { afterAll, expect, test } from 'vitest'
import { scriptedModel } from '../models.ts'
import { createWorld, must } from '../world.ts'
import { closeBrowser, openTab } from './browser.ts'

afterAll(closeBrowser)

const LONG = Array.from({ length: 60 }, (_, n) => `word${n}`).join(' ')

test('a character is made beside a live trial, then answers in a DM as one watches', async () => {
  const { models } = scriptedModel(() => 'Green tea, freshly poured.', { pauseMs: 30 })
  await using world = await createWorld({ models })
  const ada = await world.person('ada')
  await using tab = await openTab(world, ada, '/characters')
  const { page } = tab
  await page.getByRole('heading', { name: 'No characters yet' }).waitFor()
  await page.getByRole('link', { name: 'Create a character' }).first().click()
  await page.getByLabel('Name', { exact: true }).fill('Mei')
  await page.getByLabel('Who is it?').fill('{{char}} is a tea master.')
  await page.getByLabel('Greeting').fill('Welcome, {{user}}.')
  const trial = page.getByRole('log', { name: 'Try it' })
  await trial.getByText('Welcome, ada.').waitFor()
  await page.getByRole('textbox', { name: 'Say something to Mei' }).fill('What is this?')
  await page.keyboard.press('Enter')
  await trial.getByText('Green tea, freshly poured.').waitFor()
  await page.getByRole('button', { name: 'Create a character' }).click()
  await page.getByRole('button', { name: 'Talk' }).click()
  const box = page.getByRole('textbox', { name: 'Message Mei' })
  await page.locator('[data-message]').getByText('Welcome, ada.').waitFor()
  await box.fill('Hello')
  await box.press('Enter')
  await page.getByRole('button', { name: 'Stop Mei' }).waitFor()
  await page.locator('[data-message]').getByText('Green tea, freshly poured.').waitFor()
  expect(await page.getByRole('button', { name: 'Stop Mei' }).count()).toBe(0)
  expect(await page.getByText('AI', { exact: true }).first().isVisible()).toBe(true)
  expect(tab.errors).toEqual([])
})

test('another answer stands beside the first, and arrows go between them', async () => {
  const { models } = scriptedModel((_, n) => `Answer ${n + 1}.`)
  await using world = await createWorld({ models })
  const { owner } = await world.guild()
  const mei = await world.character({ name: 'Mei' })
  const channel = must(await owner.api.post('/users/@me/channels', { recipient_id: mei.id }), 200)
  await owner.say(channel.id, 'Hello')
  await using tab = await openTab(world, owner, `/channels/@me/${channel.id}`)
  const { page } = tab
  const message = page.locator('[data-message]').filter({ hasText: 'Answer' })
  await message.getByText('Answer 1.').waitFor()
  await message.hover()
  await page.getByRole('button', { name: 'Another answer' }).click()
  await message.getByText('Answer 2.').waitFor()
  await message.getByText('2 of 2').waitFor()
  await page.getByRole('button', { name: 'Previous answer' }).click()
  await message.getByText('Answer 1.').waitFor()
  await message.getByText('1 of 2').waitFor()
})

test('anybody stops an answer, and what was said so far stays', async () => {
  const { models } = scriptedModel(() => LONG, { pauseMs: 100 })
  await using world = await createWorld({ models })
  const { owner } = await world.guild()
  const mei = await world.character({ name: 'Mei' })
  const channel = must(await owner.api.post('/users/@me/channels', { recipient_id: mei.id }), 200)
  await using tab = await openTab(world, owner, `/channels/@me/${channel.id}`)
  const { page } = tab
  const box = page.getByRole('textbox', { name: 'Message Mei' })
  await box.fill('Tell me everything')
  await box.press('Enter')
  await page.getByText('word3').waitFor()
  await page.getByRole('button', { name: 'Stop Mei' }).click()
  await page.getByText('(stopped)').waitFor()
  expect(await page.getByText('word59').count()).toBe(0)
})

test('a model that fails says why in place of an answer, and answers when tried again', async () => {
  let broken = true
  const { models } = scriptedModel(() => (broken ? new Error('the model is down') : 'Here I am.'))
  await using world = await createWorld({ models })
  const { owner } = await world.guild()
  const mei = await world.character({ name: 'Mei' })
  const channel = must(await owner.api.post('/users/@me/channels', { recipient_id: mei.id }), 200)
  await using tab = await openTab(world, owner, `/channels/@me/${channel.id}`)
  const { page } = tab
  const box = page.getByRole('textbox', { name: 'Message Mei' })
  await box.fill('Hello')
  await box.press('Enter')
  const again = page.locator('[data-message]').getByRole('button', { name: 'Try again' })
  await again.waitFor({ timeout: 25_000 })
  broken = false
  await again.click()
  await page.locator('[data-message]').getByText('Here I am.').waitFor()
})

test('a card comes in by its file', async () => {
  await using world = await createWorld({ models: scriptedModel(() => 'Yes.').models })
  const ada = await world.person('ada')
  await using tab = await openTab(world, ada, '/characters')
  const { page } = tab
  const card = {
    spec: 'chara_card_v2',
    spec_version: '2.0',
    data: { name: 'Lin', description: 'A librarian.', first_mes: 'Hush.' },
  }
  await page
    .getByLabel('Import a card')
    .first()
    .setInputFiles({
      name: 'lin.json',
      mimeType: 'application/json',
      buffer: Buffer.from(JSON.stringify(card)),
    })
  await expect.poll(() => page.getByLabel('Name', { exact: true }).inputValue()).toBe('Lin')
  expect(await page.getByLabel('Greeting').inputValue()).toBe('Hush.')
})
