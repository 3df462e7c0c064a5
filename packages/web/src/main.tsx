import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { onDispatch, onSessionEnd, startSession } from './connection/session.ts'
import { chosenLanguage, startLanguages } from './i18n/i18n.ts'
import { createAppRouter } from './routes.tsx'
import { paintTheme } from './store/preferences.ts'
import './styles.css'

const queries = new QueryClient({ defaultOptions: { queries: { staleTime: 30_000, retry: 1 } } })
const router = createAppRouter()

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}

onSessionEnd(() => {
  queries.clear()
  void router.navigate({ to: '/sign-in', search: {} })
})

// What is fetched rather than stored is fetched again when the gateway says so.
onDispatch((event) => {
  if (event === 'CONVIVE_MODELS_UPDATE') void queries.invalidateQueries({ queryKey: ['models'] })
  if (event === 'CONVIVE_CHARACTERS_UPDATE') void queries.invalidateQueries({ queryKey: ['characters'] })
  if (event === 'READY') void queries.invalidateQueries()
})

paintTheme()
await startLanguages(chosenLanguage())
void startSession()

const root = document.getElementById('root')
if (!root) throw new Error('index.html has no #root')
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
)
