// A mail is a list of blocks. Each is written once and becomes MJML (then HTML) and plain text.

export type Block =
  | { kind: 'heading' | 'text' | 'note' | 'code'; text: string }
  | { kind: 'button'; label: string; url: string }
  | { kind: 'facts'; rows: [label: string, value: string][] }
  | { kind: 'if'; name: string; blocks: Block[] }
  | { kind: 'tickets'; labels: { seat: string; code: string; qrAlt: string } };

const INK = '#1b1b1f';
const QUIET = '#5a5a66';
const ACCENT = '#8a1538';

/** The MJML of one mail; placeholders stay in it and are filled per recipient. */
export function toMjml(mail: { locale: string; title: string; preview: string; blocks: Block[]; footer: string }) {
  return `<mjml lang="${mail.locale}">
  <mj-head>
    <mj-title>${mail.title}</mj-title>
    <mj-preview>${mail.preview}</mj-preview>
    <mj-attributes>
      <mj-all font-family="Inter, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif" />
      <mj-text font-size="16px" line-height="24px" color="${INK}" padding="6px 24px" />
      <mj-section background-color="#ffffff" padding="8px 0" css-class="paper" />
    </mj-attributes>
    <mj-raw><meta name="color-scheme" content="light dark"></mj-raw>
    <mj-style>
      :root { color-scheme: light dark; }
      @media (prefers-color-scheme: dark) {
        body, .page { background-color: #121214 !important; }
        .paper, .paper > table, .ticket, .ticket > table {
          background-color: #1d1d21 !important; background: #1d1d21 !important; }
        .paper div, .ticket div { color: #f1f1f4 !important; }
        .paper span { color: #b4b4be !important; }
        .mark div { color: #ff9db3 !important; }
      }
    </mj-style>
  </mj-head>
  <mj-body background-color="#f3f2f4" width="600px" css-class="page">
    <mj-section><mj-column><mj-text css-class="mark" font-size="20px" font-weight="700" color="${ACCENT}">
      Poltrona</mj-text></mj-column></mj-section>
    ${sectionsOf(mail.blocks)}
    <mj-section><mj-column><mj-text font-size="13px" line-height="20px" color="${QUIET}">${mail.footer}</mj-text>
    </mj-column></mj-section>
  </mj-body>
</mjml>`;
}

function sectionsOf(blocks: Block[]): string {
  return blocks
    .map((block) => {
      if (block.kind === 'if') {
        return `<mj-raw>{{#if ${block.name}}}</mj-raw>${sectionsOf(block.blocks)}<mj-raw>{{/if}}</mj-raw>`;
      }
      if (block.kind === 'tickets') return ticketsSection(block.labels);
      return `<mj-section><mj-column>${columnOf(block)}</mj-column></mj-section>`;
    })
    .join('\n');
}

function columnOf(block: Exclude<Block, { kind: 'if' | 'tickets' }>): string {
  switch (block.kind) {
    case 'heading':
      return `<mj-text font-size="24px" line-height="32px" font-weight="700"><h1
        style="margin:0;font-size:24px;line-height:32px">${block.text}</h1></mj-text>`;
    case 'text':
      return `<mj-text>${block.text}</mj-text>`;
    case 'note':
      return `<mj-text font-size="14px" line-height="20px" color="${QUIET}">${block.text}</mj-text>`;
    case 'code':
      return `<mj-text font-size="36px" line-height="48px" font-weight="700" letter-spacing="8px"
        align="center">${block.text}</mj-text>`;
    case 'button':
      return `<mj-button href="${block.url}" background-color="${ACCENT}" color="#ffffff" font-size="16px"
        font-weight="600" border-radius="8px" inner-padding="14px 28px">${block.label}</mj-button>`;
    case 'facts':
      return `<mj-text>${block.rows
        .map(([label, value]) => `<span style="color:${QUIET}">${label}</span><br><strong>${value}</strong><br>`)
        .join('')}</mj-text>`;
  }
}

function ticketsSection(labels: { seat: string; code: string; qrAlt: string }): string {
  return `<mj-raw>{{#each tickets}}</mj-raw>
    <mj-section css-class="ticket" border-top="1px dashed #b9b7c0">
      <mj-column width="45%"><mj-image src="cid:{{qrCid}}" alt="${labels.qrAlt} {{code}}" width="220px"
        container-background-color="#ffffff" /></mj-column>
      <mj-column width="55%">
        <mj-text font-size="22px" line-height="30px" font-weight="700">${labels.seat} {{seatLabel}}</mj-text>
        <mj-text>{{kind}}<br>${labels.code} <strong>{{code}}</strong></mj-text>
        <mj-raw>{{#if proof}}</mj-raw><mj-text font-weight="600">{{proof}}</mj-text><mj-raw>{{/if}}</mj-raw>
      </mj-column>
    </mj-section>
    <mj-raw>{{/each}}</mj-raw>`;
}

export function toText(blocks: Block[], footer: string): string {
  return `${textOf(blocks)}\n-- \nPoltrona\n${footer}\n`;
}

function textOf(blocks: Block[]): string {
  return blocks
    .map((block) => {
      switch (block.kind) {
        case 'if':
          return `{{#if ${block.name}}}${textOf(block.blocks)}{{/if}}`;
        case 'tickets':
          return `{{#each tickets}}* ${block.labels.seat} {{seatLabel}} · {{kind}} · ${block.labels.code} {{code}}
{{#if proof}}  {{proof}}\n{{/if}}{{/each}}\n`;
        case 'button':
          return `${block.label}: ${block.url}\n\n`;
        case 'facts':
          return `${block.rows.map(([label, value]) => `${label}: ${value}\n`).join('')}\n`;
        default:
          return `${block.text}\n\n`;
      }
    })
    .join('');
}
