import { Secret, TOTP } from 'otpauth';
import { type House, STAFF } from './house.ts';

/** Where everything is and how to get in, for somebody who has never seen it. */
export function printBanner(
  house: House,
  options: { print: (text: string) => void; seconds: number; demo: boolean },
): void {
  const { print } = options;
  print(`
  Poltrona is ready (${options.seconds.toFixed(1)} s).

  Buy a ticket        ${house.apiUrl}
  Back office         ${house.apiUrl}/admin
  Door                ${house.apiUrl}/porta
  Mail catcher        ${house.mailboxUrl}   every e-mail ends here
  API                 ${house.apiUrl}/api/docs`);
  if (house.sandboxUrl) print(`  Payment sandbox     ${house.sandboxUrl}   no money moves`);
  if (options.demo) printLogins(house, print);
  print('\n  Ctrl-C stops everything; the data stays for the next start.\n');
}

function printLogins(house: House, print: (text: string) => void): void {
  const secret = house.secrets.STAFF_TOTP_SECRET;
  const totp = new TOTP({
    issuer: 'Poltrona',
    label: 'demo',
    secret: Secret.fromBase32(secret),
    digits: 6,
    period: 30,
  });
  print(`
  As a buyer: any e-mail address, the code is in the mail catcher; a valid CPF each, such as 529.982.247-25, 111.444.777-35.
  As staff:`);
  for (const { email, role } of STAFF) print(`    ${email.padEnd(28)} ${role}`);
  print(`    password      ${house.secrets.STAFF_PASSWORD}
    second factor ${secret} (add it to an authenticator app: ${totp.toString()})
    code now      ${totp.generate()}`);
}
