import type { CharacterSummary } from '@convive/protocol/characters'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { FileUp, Plus, Sparkles } from 'lucide-react'
import { useState } from 'react'
import { importCharacter, listCharacters } from '../../connection/convive.ts'
import { attempt, failureText } from '../../i18n/failure-text.ts'
import { useT } from '../../i18n/i18n.ts'
import { useStore } from '../../store/store.ts'
import { classes } from '../../ui/classes.ts'
import { Empty } from '../../ui/empty.tsx'
import { FileButton } from '../../ui/file-button.tsx'
import { Spinner } from '../../ui/spinner.tsx'
import { tell } from '../../ui/toast.tsx'
import { PageHeader } from '../shell/page-header.tsx'
import { CharacterCard } from './character-card.tsx'

/** One's own characters, then public ones; a card dropped anywhere comes in. */
export function CharactersPage() {
  const t = useT()
  const me = useStore((state) => state.me?.id)
  const characters = useQuery({ queryKey: ['characters', 'list'], queryFn: listCharacters })
  const { importing, take } = useImport()
  const [over, setOver] = useState(false)
  const own = characters.data?.filter((character) => character.owner_id === me) ?? []
  const others = characters.data?.filter((character) => character.owner_id !== me) ?? []
  const actions = (
    <>
      <FileButton
        small
        accept=".png,.json,image/png,application/json"
        label={t('characters.import')}
        busy={importing}
        onFile={(file) => void take(file)}
      >
        <FileUp size={16} aria-hidden /> <span className="max-sm:sr-only">{t('characters.import')}</span>
      </FileButton>
      <Link
        to="/characters/new"
        className="inline-flex min-h-8 shrink-0 items-center gap-2 rounded-lg bg-accent px-3 text-sm font-medium text-on-accent hover:bg-accent-hover"
      >
        <Plus size={16} aria-hidden /> <span className="max-sm:sr-only">{t('characters.create')}</span>
      </Link>
    </>
  )
  return (
    <main
      className={classes(
        'flex h-full flex-col',
        over && 'outline-2 -outline-offset-8 outline-accent outline-dashed',
      )}
      onDragOver={(event) => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={(event) =>
        !event.currentTarget.contains(event.relatedTarget as Node | null) && setOver(false)
      }
      onDrop={(event) => {
        event.preventDefault()
        setOver(false)
        const file = event.dataTransfer.files[0]
        if (file) void take(file)
      }}
    >
      <PageHeader icon={<Sparkles size={20} />} title={t('characters.title')}>
        <span className="flex-1" />
        {actions}
      </PageHeader>
      <div className="min-h-0 flex-1 overflow-y-auto p-4 sm:p-6">
        {characters.isPending && <Spinner label={t('common.loading')} />}
        {characters.isError && <p className="text-danger">{failureText(characters.error)}</p>}
        {characters.data?.length === 0 && (
          <Empty icon={<Sparkles size={26} />} title={t('characters.none')} text={t('characters.noneText')}>
            {actions}
          </Empty>
        )}
        <Shelf title={t('characters.own')} characters={own} own />
        <Shelf title={t('characters.public')} characters={others} own={false} />
      </div>
    </main>
  )
}

function useImport() {
  const t = useT()
  const navigate = useNavigate()
  const queries = useQueryClient()
  const [importing, setImporting] = useState(false)
  const take = async (file: File) => {
    setImporting(true)
    await attempt(async () => {
      const character = await importCharacter(file)
      await queries.invalidateQueries({ queryKey: ['characters'] })
      tell(t('characters.imported', { name: character.name }))
      await navigate({ to: '/characters/$characterId', params: { characterId: character.id } })
    })
    setImporting(false)
  }
  return { importing, take }
}

function Shelf({ title, characters, own }: { title: string; characters: CharacterSummary[]; own: boolean }) {
  if (characters.length === 0) return null
  return (
    <section aria-label={title} className="mb-8">
      <h2 className="mb-3 text-[13px] font-medium text-muted">{title}</h2>
      <ul className="grid grid-cols-[repeat(auto-fill,minmax(17rem,1fr))] gap-3">
        {characters.map((character) => (
          <CharacterCard key={character.id} character={character} own={own} />
        ))}
      </ul>
    </section>
  )
}
