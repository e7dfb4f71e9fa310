/** Replies that another server may not give, which a new connection may lead to. None of them was carried out. */
const MISDIRECTED = ['READONLY', 'MASTERDOWN', 'LOADING', 'NOREPLICAS', 'NOAUTH'];
/** Replies by which a Redis refuses to work, whoever asks. */
const REFUSALS = [...MISDIRECTED, 'CLUSTERDOWN', 'MISCONF', 'OOM', 'NOPERM', 'WRONGPASS', 'BUSY'];

/** A code at the beginning; before Redis 7 a script's error has it behind a dash further on. */
const codes = (names: readonly string[]): RegExp => new RegExp(`(?:^|\\s)-?(${names.join('|')}) [^.]*`);
const MISDIRECTED_CODE = codes(MISDIRECTED);
const REFUSAL_CODE = codes(REFUSALS);

/** Whether a new connection may lead to a server that does what was asked. */
export const isMisdirected = ({ message }: Error): boolean => MISDIRECTED_CODE.test(message);

/** Whether Redis does not work for now, as opposed to a command that was wrong. */
export const isRefusal = ({ message }: Error): boolean => REFUSAL_CODE.test(message);

/** A refusal's code and first sentence, without the script and place that a script's error names; else null. */
export const describeRefusal = (message: string): string | null =>
	REFUSAL_CODE.exec(message)?.[0].trim().replace(/^-/, '') ?? null;
