import ffmpeg from '../../../../plugins/transcode/ffmpeg.ts'
import { trapped } from '../_traps/trap.ts'

export default trapped(ffmpeg)
