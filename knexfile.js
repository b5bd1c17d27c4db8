// `npx knex migrate:latest` looks for this file, by this name, in the working directory.
export { default } from './config/knex.ts'
