import type { CharacterDefinition, CharacterVisibility } from '@convive/protocol/characters'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { listModels } from '../../connection/convive.ts'
import { readDataUri } from '../../connection/media.ts'
import { useT } from '../../i18n/i18n.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { Button } from '../../ui/button.tsx'
import { SelectField, TextArea, TextField } from '../../ui/field.tsx'
import { FileButton } from '../../ui/file-button.tsx'
import { readTags } from './definition.ts'
import { Greetings } from './greetings.tsx'

interface CharacterFormProps {
  definition: CharacterDefinition
  onDefinition: (definition: CharacterDefinition) => void
  visibility: CharacterVisibility
  onVisibility: (visibility: CharacterVisibility) => void
  picture: string | null
  onPicture: (picture: string | null) => void
  seed: string
  fields: Readonly<Record<string, string>>
  busy: boolean
  saveLabel: string
  onSave: () => void
}

const visibilities: CharacterVisibility[] = ['private', 'unlisted', 'public']

/** The short form: who it is, how it speaks, how it begins. The rest is folded away. */
export function CharacterForm(props: CharacterFormProps) {
  const { definition, onDefinition, fields } = props
  const t = useT()
  const set = <K extends keyof CharacterDefinition>(key: K, value: CharacterDefinition[K]) =>
    onDefinition({ ...definition, [key]: value })
  return (
    <form
      aria-label={t('characters.form')}
      className="flex flex-col gap-5 px-4 pt-4 sm:px-6 sm:pt-6 lg:h-full lg:overflow-y-auto"
      onSubmit={(event) => {
        event.preventDefault()
        props.onSave()
      }}
    >
      <div className="flex items-center gap-4">
        <Avatar id={props.seed} name={definition.name || '?'} src={props.picture} size={80} />
        <div className="flex flex-wrap gap-2">
          <FileButton
            small
            accept="image/png,image/jpeg,image/webp,image/gif"
            label={t('account.avatar')}
            onFile={(file) => void readDataUri(file).then(props.onPicture)}
          >
            {t('account.avatar')}
          </FileButton>
          {props.picture && (
            <Button small variant="quiet" onClick={() => props.onPicture(null)}>
              {t('account.removeAvatar')}
            </Button>
          )}
        </div>
      </div>
      <TextField
        label={t('character.name')}
        value={definition.name}
        onChange={(event) => set('name', event.target.value)}
        required
        maxLength={32}
        error={fields['definition.name']}
      />
      <TextField
        label={t('character.tagline')}
        hint={t('character.taglineHint')}
        value={definition.tagline}
        onChange={(event) => set('tagline', event.target.value)}
        maxLength={200}
      />
      <TextArea
        label={t('character.description')}
        hint={t('character.descriptionHint')}
        value={definition.description}
        onChange={(event) => set('description', event.target.value)}
        rows={5}
        error={fields['definition.description']}
      />
      <Greetings greetings={definition.greetings} onChange={(greetings) => set('greetings', greetings)} />
      <TextArea
        label={t('character.examples')}
        hint={t('character.examplesHint')}
        value={definition.example_dialogue}
        onChange={(event) => set('example_dialogue', event.target.value)}
        rows={4}
      />
      <SelectField
        label={t('character.visibility')}
        hint={t(`visibility.${props.visibility}Hint`)}
        value={props.visibility}
        onChange={(event) => props.onVisibility(event.target.value as CharacterVisibility)}
        options={visibilities.map((value) => ({ value, label: t(`visibility.${value}`) }))}
      />
      <ModelFields definition={definition} set={set} />
      <More definition={definition} set={set} />
      <div className="sticky bottom-0 -mx-4 mt-auto border-t border-line bg-canvas px-4 py-3 sm:-mx-6 sm:px-6">
        <Button type="submit" variant="primary" busy={props.busy} disabled={!definition.name.trim()}>
          {props.saveLabel}
        </Button>
      </div>
    </form>
  )
}

interface PartProps {
  definition: CharacterDefinition
  set: <K extends keyof CharacterDefinition>(key: K, value: CharacterDefinition[K]) => void
}

function ModelFields({ definition, set }: PartProps) {
  const t = useT()
  const models = useQuery({ queryKey: ['models', 'list'], queryFn: listModels })
  const options = models.data?.models.map((model) => ({ value: model.id, label: model.label })) ?? []
  if (definition.model && !options.some((option) => option.value === definition.model))
    options.push({ value: definition.model, label: definition.model })
  return (
    <div className="grid gap-5 sm:grid-cols-2">
      <SelectField
        label={t('character.model')}
        value={definition.model ?? ''}
        onChange={(event) => set('model', event.target.value || null)}
        options={[{ value: '', label: t('character.defaultModel') }, ...options]}
      />
      <div className="flex flex-col gap-1.5">
        <label htmlFor="talkativeness" className="text-sm font-medium">
          {t('character.talkativeness')}
        </label>
        <input
          id="talkativeness"
          type="range"
          min={0}
          max={1}
          step={0.1}
          value={definition.talkativeness}
          onChange={(event) => set('talkativeness', Number(event.target.value))}
          aria-valuetext={`${Math.round(definition.talkativeness * 100)}%`}
          aria-describedby="talkativeness-hint"
          className="h-10 accent-accent"
        />
        <p id="talkativeness-hint" className="text-[13px] text-muted">
          {t('character.talkativenessHint')}
        </p>
      </div>
    </div>
  )
}

function More({ definition, set }: PartProps) {
  const t = useT()
  const [tags, setTags] = useState(definition.tags.join(', '))
  return (
    <details className="rounded-xl border border-line px-4 py-3">
      <summary className="cursor-pointer font-medium">{t('character.more')}</summary>
      <div className="mt-4 flex flex-col gap-5">
        <TextArea
          label={t('character.personality')}
          value={definition.personality}
          onChange={(event) => set('personality', event.target.value)}
        />
        <TextArea
          label={t('character.scenario')}
          hint={t('character.scenarioHint')}
          value={definition.scenario}
          onChange={(event) => set('scenario', event.target.value)}
        />
        <TextArea
          label={t('character.systemPrompt')}
          hint={t('character.systemPromptHint')}
          value={definition.system_prompt}
          onChange={(event) => set('system_prompt', event.target.value)}
        />
        <TextArea
          label={t('character.afterHistory')}
          hint={t('character.afterHistoryHint')}
          value={definition.post_history_instructions}
          onChange={(event) => set('post_history_instructions', event.target.value)}
        />
        <div className="grid gap-5 sm:grid-cols-2">
          <TextField
            label={t('character.temperature')}
            type="number"
            min={0}
            max={2}
            step={0.1}
            value={definition.temperature ?? ''}
            onChange={(event) =>
              set('temperature', event.target.value === '' ? null : Number(event.target.value))
            }
          />
          <TextField
            label={t('character.maxTokens')}
            type="number"
            min={16}
            max={8192}
            value={definition.max_output_tokens ?? ''}
            onChange={(event) =>
              set('max_output_tokens', event.target.value === '' ? null : Number(event.target.value))
            }
          />
        </div>
        <TextField
          label={t('character.tags')}
          hint={t('character.tagsHint')}
          value={tags}
          onChange={(event) => {
            setTags(event.target.value)
            set('tags', readTags(event.target.value))
          }}
        />
        <TextArea
          label={t('character.notes')}
          hint={t('character.notesHint')}
          value={definition.creator_notes}
          onChange={(event) => set('creator_notes', event.target.value)}
        />
      </div>
    </details>
  )
}
