import openai from '../../../../plugins/extract/openai.ts'
import { trapped } from '../_traps/trap.ts'

export default trapped(openai)
