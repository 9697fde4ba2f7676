import { Secret, TOTP } from 'otpauth';
import type { BrowserContext } from 'playwright-core';
import { type ApiPerson, expectOk, until, visitor } from './api-person.ts';
import type { HouseFacts } from './house.ts';

const MAILS = {
  administrator: 'admin@poltrona.example',
  manager: 'gerente@poltrona.example',
  usher: 'porteiro@poltrona.example',
};

/** A member of staff, by password and second factor. A code works once, so a second sign-in may wait for the next. */
export async function staff(house: HouseFacts, role: keyof typeof MAILS): Promise<ApiPerson> {
  const person = visitor(house, MAILS[role]);
  const totp = new TOTP({ secret: Secret.fromBase32(house.staffTotpSecret), digits: 6, period: 30 });
  let used = '';
  await until(
    async () => {
      const code = totp.generate();
      // A used code is not shown again: wrong codes are counted, and five lock the account.
      if (code === used) return 0;
      used = code;
      await expectOk(person.send('POST', '/api/staff/sign-in', { email: person.email, password: house.staffPassword }));
      return (await person.send('POST', '/api/staff/second-factor', { code })).status;
    },
    (status) => status === 200,
    70_000,
  );
  return person;
}

/** Lets a browser be the person who signed in over the API. */
export async function beInBrowser(context: BrowserContext, person: ApiPerson, house: HouseFacts): Promise<void> {
  const cookies = person.cookie().split('; ').filter(Boolean);
  await context.addCookies(
    cookies.map((pair) => {
      const at = pair.indexOf('=');
      return { name: pair.slice(0, at), value: pair.slice(at + 1), url: house.apiUrl };
    }),
  );
}
