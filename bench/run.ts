/** `npm run -s bench -- NAME [--quick] [args…]`: runs bench/NAME.ts and prints its result, ours beside its floor, as JSON. */
export interface Measurement {
  name: string
  unit: string
  ours: number
  floor: number
  /** ours / floor */
  ratio: number
  [detail: string]: unknown
}

export interface BenchOptions {
  quick: boolean
  args: string[]
}

const [name = '', ...rest] = process.argv.slice(2)
const known = ['fanout', 'idle', 'local', 'reply', 'send']
if (!known.includes(name)) {
  console.error(`usage: npm run -s bench -- (${known.join('|')}) [--quick]`)
  process.exit(2)
}
const bench = (await import(`./${name}.ts`)) as {
  run(options: BenchOptions): Promise<Measurement | Measurement[]>
}
const result = await bench.run({
  quick: rest.includes('--quick'),
  args: rest.filter((arg) => arg !== '--quick'),
})
console.log(JSON.stringify(result, null, 2))
process.exit(0)
