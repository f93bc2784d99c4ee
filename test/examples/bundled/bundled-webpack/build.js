import webpack from 'webpack'

const options = { mode: 'production', entry: './main.js', output: { filename: 'main.js' } }
webpack({ ...options, context: import.meta.dirname }, (error, stats) => {
  const trouble = error ?? stats?.toJson().errors?.[0]
  if (trouble) throw new Error(trouble.message)
})
