import type { Character, CharacterDefinition, CharacterVisibility } from '@convive/protocol/characters'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import { Sparkles } from 'lucide-react'
import { useState } from 'react'
import { createCharacter, getCharacter, updateCharacter } from '../../connection/convive.ts'
import { avatarUrl } from '../../connection/media.ts'
import { ApiFailure } from '../../connection/rest.ts'
import { attempt, failureText } from '../../i18n/failure-text.ts'
import { useT } from '../../i18n/i18n.ts'
import { Spinner } from '../../ui/spinner.tsx'
import { tell } from '../../ui/toast.tsx'
import { PageHeader } from '../shell/page-header.tsx'
import { CharacterForm } from './character-form.tsx'
import { CharacterTools } from './character-tools.tsx'
import { blankDefinition } from './definition.ts'
import { Trial } from './trial.tsx'

/** `/characters/new` */
export function NewCharacterPage() {
  return <Editor character={null} />
}

/** `/characters/:character`: for its owner. */
export function CharacterPage() {
  const t = useT()
  const { characterId } = useParams({ from: '/app/home/characters/$characterId' })
  const character = useQuery({
    queryKey: ['characters', characterId],
    queryFn: () => getCharacter(characterId),
    staleTime: Number.POSITIVE_INFINITY,
  })
  if (character.isError) return <p className="p-6 text-danger">{failureText(character.error)}</p>
  if (!character.data) {
    return (
      <main className="flex h-full items-center justify-center">
        <Spinner label={t('common.loading')} />
      </main>
    )
  }
  if (!('definition' in character.data)) return <p className="p-6 text-muted">{t('characters.notYours')}</p>
  return <Editor key={character.data.id} character={character.data} />
}

function Editor({ character }: { character: Character | null }) {
  const t = useT()
  const navigate = useNavigate()
  const queries = useQueryClient()
  const [definition, setDefinition] = useState<CharacterDefinition>(character?.definition ?? blankDefinition)
  const [visibility, setVisibility] = useState<CharacterVisibility>(character?.visibility ?? 'private')
  const [avatar, setAvatar] = useState<string | null | undefined>(undefined)
  const [fields, setFields] = useState<Readonly<Record<string, string>>>({})
  const [busy, setBusy] = useState(false)
  const picture = avatar === undefined ? (character ? avatarUrl(character) : null) : avatar

  const save = async () => {
    setBusy(true)
    setFields({})
    const body = { definition, visibility, ...(avatar !== undefined && { avatar }) }
    await attempt(async () => {
      try {
        const saved = character ? await updateCharacter(character.id, body) : await createCharacter(body)
        queries.setQueryData(['characters', saved.id], saved)
        void queries.invalidateQueries({ queryKey: ['characters', 'list'] })
        tell(t('characters.saved', { name: saved.name }))
        if (!character)
          await navigate({ to: '/characters/$characterId', params: { characterId: saved.id }, replace: true })
      } catch (error) {
        if (error instanceof ApiFailure) setFields(error.fields)
        throw error
      }
    })
    setBusy(false)
  }

  return (
    <main className="flex h-full flex-col">
      <PageHeader icon={<Sparkles size={20} />} title={definition.name || t('characters.new')}>
        <span className="flex-1" />
        {character && <CharacterTools character={character} />}
      </PageHeader>
      <div className="min-h-0 flex-1 overflow-y-auto lg:grid lg:grid-cols-[minmax(0,1fr)_minmax(0,26rem)] lg:overflow-hidden">
        <CharacterForm
          definition={definition}
          onDefinition={setDefinition}
          visibility={visibility}
          onVisibility={setVisibility}
          picture={picture}
          onPicture={setAvatar}
          seed={character?.id ?? 'new'}
          fields={fields}
          busy={busy}
          saveLabel={character ? t('common.save') : t('characters.create')}
          onSave={() => void save()}
        />
        <Trial definition={definition} picture={picture} seed={character?.id ?? 'new'} />
      </div>
    </main>
  )
}
