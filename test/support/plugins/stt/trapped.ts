import openai from '../../../../plugins/stt/openai.ts'
import { trapped } from '../_traps/trap.ts'

export default trapped(openai)
