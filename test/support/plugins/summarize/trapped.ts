import openai from '../../../../plugins/summarize/openai.ts'
import { trapped } from '../_traps/trap.ts'

export default trapped(openai)
