import { CharacterDefinition } from '@convive/protocol/characters'
import { expect, test } from 'vitest'
import { simplify } from './brief-prompt.ts'

const definition = CharacterDefinition.parse({ name: 'Mira', description: 'A gardener.' })
const line = (name: string, text: string) => ({ own: name === 'Mira', name, text })

test('a very small model hears the one it answers, without its own name in the question', () => {
  const lines = [
    line('Noor', 'who has tea?'),
    line('Lin', 'Mira, what grows now?'),
    line('Mira', 'Kale.'),
    line('Lin', 'And you like it, Mira?'),
  ]
  const brief = simplify({ definition, userName: 'Lin', presentNames: ['Lin', 'Noor'], lines, seed: 's' })
  expect(brief.system).toBe('You are Mira.\nA gardener.\nAnswer the user.')
  expect(brief.lines.map((one) => one.text)).toEqual(['what grows now?', 'Kale.', 'And you like it?'])
})

test('a text that is only the name stays', () => {
  const brief = simplify({
    definition,
    userName: 'Lin',
    presentNames: ['Lin'],
    lines: [line('Lin', 'Mira?')],
    seed: 's',
  })
  expect(brief.lines[0]?.text).toBe('Mira?')
})
