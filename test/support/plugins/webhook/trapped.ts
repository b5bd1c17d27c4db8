import http from '../../../../plugins/webhook/http.ts'
import { trapped } from '../_traps/trap.ts'

export default trapped(http)
