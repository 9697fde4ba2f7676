import { parseArgs } from 'node:util';
import { Value } from 'typebox/value';
import { createStaff } from '#capabilities/accounts';
import { EmailSchema, type Role, ROLES } from '#contracts/accounts';
import { newSecret } from '#platform/ids';
import { openDatabase } from './database.ts';

// The first administrator of a real cinema, and whoever lost their password.

const STAFF_ROLES = ROLES.filter((role): role is Exclude<Role, 'buyer'> => role !== 'buyer');
const USAGE = `Usage: npm run --silent staff -- <${STAFF_ROLES.join('|')}> E-MAIL NAME

Makes this person a member of staff, or gives one a new password and role, which ends their sessions. The password is
shown once. At the first sign-in (/equipe) they set up an authenticator app.`;
/** 120 bits, twenty letters. */
const PASSWORD_BYTES = 15;

async function main(): Promise<number> {
  const asked = whatIsAsked();
  if (typeof asked === 'string') return refuse(`${asked}\n\n${USAGE}`);
  const db = await openDatabase();
  if (typeof db === 'string') return refuse(db);
  try {
    const password = newSecret(PASSWORD_BYTES);
    const { created } = await createStaff(db, { ...asked, password });
    console.log(`${asked.email} is ${asked.role}${created ? '' : ' (was staff before: all sessions ended)'}.`);
    console.log(`Password, shown only here: ${password}`);
    return 0;
  } finally {
    await db.close();
  }
}

type Asked = { role: Exclude<Role, 'buyer'>; email: string; name: string };

function whatIsAsked(): Asked | string {
  let words: string[];
  try {
    words = parseArgs({ allowPositionals: true }).positionals;
  } catch (error) {
    return (error as Error).message;
  }
  const [asked, email, ...names] = words;
  const role = STAFF_ROLES.find((known) => known === asked);
  const name = names.join(' ').trim();
  if (!role) return `The role is one of ${STAFF_ROLES.join(', ')}.`;
  if (!email || !Value.Check(EmailSchema, email)) return `Not an e-mail address: ${email ?? ''}`;
  if (name === '' || name.length > 100) return 'A name of at most 100 letters is needed.';
  return { role, email, name };
}

function refuse(text: string): number {
  console.error(text);
  return 2;
}

process.exitCode = await main();
