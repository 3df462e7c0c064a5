import type { CharacterDefinition } from '@convive/protocol/characters'
import { RotateCcw, SendHorizontal, Square } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { useT } from '../../i18n/i18n.ts'
import { userName } from '../../store/selectors.ts'
import { useStore } from '../../store/store.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { IconButton } from '../../ui/button.tsx'
import { ScrollPane } from '../../ui/scroll-pane.tsx'
import { ConversationContext, type ConversationParts } from '../conversation/context.ts'
import { Markdown } from '../conversation/markdown.tsx'
import { isComposing } from '../conversation/typing-keys.ts'
import { fillNames } from './definition.ts'
import { useTrial } from './use-trial.ts'

const nowhere: ConversationParts = {
  channelId: '',
  guildId: undefined,
  replyTo: () => {},
  edit: () => {},
  jumpTo: () => {},
  askDelete: () => {},
}

/** A conversation with the character as it is being written. Nothing of it is kept. */
export function Trial({
  definition,
  picture,
  seed,
}: {
  definition: CharacterDefinition
  picture: string | null
  seed: string
}) {
  const t = useT()
  const me = useStore((state) => userName(state.me ?? undefined))
  const name = definition.name || t('characters.new')
  const greeting = fillNames(definition.greetings[0] ?? '', name, me)
  const trial = useTrial(definition, greeting)
  const [text, setText] = useState('')
  const pane = useRef<HTMLElement>(null)
  const { turns } = trial

  // biome-ignore lint/correctness/useExhaustiveDependencies: each new word moves the end
  useEffect(() => {
    pane.current?.scrollTo({ top: pane.current.scrollHeight })
  }, [turns])

  const submit = () => {
    if (!text.trim() || trial.busy || !definition.name.trim()) return
    void trial.say(text.trim())
    setText('')
  }
  const ring = trial.busy
    ? turns.at(-1)?.role === 'assistant' && turns.at(-1)?.content
      ? 'speaking'
      : 'thinking'
    : null
  return (
    <ConversationContext value={nowhere}>
      <section
        aria-label={t('trial.title')}
        className="flex min-h-96 flex-col border-line bg-side max-lg:border-t lg:h-full lg:border-l"
      >
        <div className="flex min-h-12 items-center gap-2 px-4">
          <h2 className="flex-1 font-medium">{t('trial.title')}</h2>
          <IconButton small label={t('trial.restart')} onClick={trial.restart} disabled={turns.length === 0}>
            <RotateCcw size={16} />
          </IconButton>
        </div>
        <ScrollPane
          ref={pane}
          role="log"
          label={t('trial.title')}
          className="flex min-h-0 flex-1 flex-col gap-4 overflow-y-auto px-4 py-2"
        >
          {greeting && (
            <Turn mine={false} name={name} seed={seed} picture={picture} text={greeting} ring={null} />
          )}
          {!greeting && turns.length === 0 && (
            <p className="my-auto text-center text-sm text-muted">{t('trial.empty')}</p>
          )}
          {turns.map((turn, index) => (
            <Turn
              // biome-ignore lint/suspicious/noArrayIndexKey: turns only grow at the end
              key={index}
              mine={turn.role === 'user'}
              name={turn.role === 'user' ? me : name}
              seed={seed}
              picture={picture}
              text={turn.content || t('draft.thinking', { name })}
              ring={index === turns.length - 1 && turn.role === 'assistant' ? ring : null}
            />
          ))}
          {trial.failure && (
            <p role="alert" className="rounded-lg bg-danger-soft px-3 py-2 text-sm">
              {trial.failure}
            </p>
          )}
          {trial.model && (
            <p className="text-[12px] text-muted">{t('trial.model', { model: trial.model })}</p>
          )}
        </ScrollPane>
        <div className="m-3 flex items-end gap-1 rounded-xl border border-field-line bg-raised p-1 focus-within:border-accent">
          <textarea
            rows={1}
            aria-label={t('trial.say', { name })}
            placeholder={definition.name ? t('trial.say', { name }) : t('trial.nameFirst')}
            value={text}
            onChange={(event) => setText(event.target.value)}
            onKeyDown={(event) => {
              if (event.key !== 'Enter' || event.shiftKey || isComposing(event)) return
              event.preventDefault()
              submit()
            }}
            className="field-sizing-content max-h-40 min-h-9 flex-1 resize-none px-2 py-1.5 outline-none"
          />
          {trial.busy ? (
            <IconButton label={t('draft.stop', { name })} onClick={trial.stop}>
              <Square size={15} fill="currentColor" />
            </IconButton>
          ) : (
            <IconButton
              label={t('composer.send')}
              disabled={!text.trim() || !definition.name.trim()}
              onClick={submit}
              className="text-accent-text"
            >
              <SendHorizontal size={18} />
            </IconButton>
          )}
        </div>
      </section>
    </ConversationContext>
  )
}

interface TurnProps {
  mine: boolean
  name: string
  seed: string
  picture: string | null
  text: string
  ring: 'thinking' | 'speaking' | null
}

function Turn({ mine, name, seed, picture, text, ring }: TurnProps) {
  return (
    <div className="flex gap-3">
      <Avatar id={mine ? name : seed} name={name} src={mine ? null : picture} size={32} ring={ring} />
      <div className="min-w-0 flex-1">
        <p className="text-sm font-semibold">{name}</p>
        <Markdown text={text} />
      </div>
    </div>
  )
}
