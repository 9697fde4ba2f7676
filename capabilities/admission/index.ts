export {
  admit,
  ADMISSION_RULES,
  type AdmissionRules,
  readCounts,
  type Scan,
  type ScanAnswer,
  undoAdmission,
  UNDO_OUTCOMES,
  type UndoOutcome,
} from './admit.ts';
export { doorPack, doorScreenings } from './door-lists.ts';
