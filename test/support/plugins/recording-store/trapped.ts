import filesystem from '../../../../plugins/recording-store/filesystem.ts'
import { trapped } from '../_traps/trap.ts'

export default trapped(filesystem)
