import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

/** `npm run dev` serves the page from Vite and passes everything else on to the server. */
const server = process.env.CONVIVE_SERVER ?? 'http://127.0.0.1:4100'

const passedOn = ['/api', '/gateway', '/attachments', '/avatars', '/icons', '/embed', '/media']

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), tailwindcss()],
  build: { target: 'es2023', sourcemap: false, chunkSizeWarningLimit: 700 },
  server: {
    proxy: Object.fromEntries(
      passedOn.map((path) => [path, { target: server, ws: true, changeOrigin: false }]),
    ),
  },
})
