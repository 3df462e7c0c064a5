import { useTranslation } from 'react-i18next'
import { type Language, setLanguage, useT } from '../../i18n/i18n.ts'
import { setPreference, type Theme, usePreference } from '../../store/preferences.ts'
import { Section } from './section.tsx'

const themes: Theme[] = ['system', 'light', 'dark']
const languages: { id: Language; name: string }[] = [
  { id: 'zh-CN', name: '简体中文' },
  { id: 'en', name: 'English' },
]

/** Language and theme of this browser. */
export function AppearanceSettings() {
  const t = useT()
  const { i18n } = useTranslation()
  const theme = usePreference('theme')
  return (
    <>
      <Section title={t('appearance.language')}>
        <fieldset className="flex flex-wrap gap-2">
          <legend className="sr-only">{t('appearance.language')}</legend>
          {languages.map(({ id, name }) => (
            <Choice
              key={id}
              group="language"
              label={name}
              lang={id}
              checked={i18n.language === id}
              onChoose={() => void setLanguage(id)}
            />
          ))}
        </fieldset>
      </Section>
      <Section title={t('appearance.theme')} text={t('appearance.themeText')}>
        <fieldset className="flex flex-wrap gap-2">
          <legend className="sr-only">{t('appearance.theme')}</legend>
          {themes.map((id) => (
            <Choice
              key={id}
              group="theme"
              label={t(`appearance.${id}`)}
              checked={theme === id}
              onChoose={() => setPreference('theme', id)}
            />
          ))}
        </fieldset>
      </Section>
    </>
  )
}

interface ChoiceProps {
  group: string
  label: string
  lang?: string
  checked: boolean
  onChoose: () => void
}

function Choice({ group, label, lang, checked, onChoose }: ChoiceProps) {
  return (
    <label
      lang={lang}
      className="flex min-h-11 cursor-pointer items-center gap-2.5 rounded-xl border border-line px-4 has-checked:border-accent has-checked:bg-accent-soft has-focus-visible:outline-2 has-focus-visible:outline-accent"
    >
      <input
        type="radio"
        name={group}
        checked={checked}
        onChange={onChoose}
        className="size-4 accent-accent"
      />
      {label}
    </label>
  )
}
