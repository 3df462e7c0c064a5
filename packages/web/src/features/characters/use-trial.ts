import type { CharacterDefinition } from '@convive/protocol/characters'
import { useEffect, useRef, useState } from 'react'
import { type TrialTurn, tryCharacter } from '../../connection/convive.ts'
import { failureText } from '../../i18n/failure-text.ts'
import { useT } from '../../i18n/i18n.ts'

/** The server takes at most this many turns; the oldest are left out. */
const TURNS_MAX = 100

export interface TrialTalk {
  turns: readonly TrialTurn[]
  busy: boolean
  failure: string | null
  /** The model that answered last. */
  model: string | null
  say: (text: string) => Promise<void>
  stop: () => void
  restart: () => void
}

/** A passing conversation with a definition that is not saved; each answer uses what is written at that moment. */
export function useTrial(definition: CharacterDefinition, greeting: string): TrialTalk {
  const t = useT()
  const [turns, setTurns] = useState<readonly TrialTurn[]>([])
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<string | null>(null)
  const [model, setModel] = useState<string | null>(null)
  const abort = useRef<AbortController | null>(null)
  useEffect(() => () => abort.current?.abort(), [])

  const say = async (text: string) => {
    const asked: TrialTurn[] = [...turns.filter((turn) => turn.content), { role: 'user', content: text }]
    const opening: TrialTurn[] = greeting ? [{ role: 'assistant', content: greeting }] : []
    const controller = new AbortController()
    abort.current = controller
    setFailure(null)
    setBusy(true)
    let answer = ''
    setTurns([...asked, { role: 'assistant', content: '' }])
    try {
      for await (const event of tryCharacter(
        definition,
        [...opening, ...asked].slice(-TURNS_MAX),
        controller.signal,
      )) {
        if (event.type === 'delta') {
          answer += event.text
          setTurns([...asked, { role: 'assistant', content: answer }])
        } else {
          setModel(event.model)
          if (event.type === 'failed') setFailure(t(`notice.${event.failure}`))
        }
      }
    } catch (error) {
      if (!controller.signal.aborted) setFailure(failureText(error))
    }
    if (abort.current !== controller) return
    if (!answer) setTurns(asked)
    setBusy(false)
  }

  const stop = () => abort.current?.abort()
  const restart = () => {
    stop()
    abort.current = null
    setTurns([])
    setFailure(null)
    setBusy(false)
  }
  return { turns, busy, failure, model, say, stop, restart }
}
