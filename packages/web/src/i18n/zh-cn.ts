import { zhCnPages } from './zh-cn-pages.ts'
import { zhCnRooms } from './zh-cn-rooms.ts'

/** Every string in Chinese. */
export const zhCn = { ...zhCnPages, ...zhCnRooms }
