/** What a line of TypeScript does, without what it says: comments and the insides of literals are blanked out. */

/**
 * Same length, same lines: every character of comments, strings, regular expressions and template text becomes a
 * blank, code stays, code inside `${}` too. A lexer of this size can't know grammar: whether a slash divides or opens
 * a regular expression is judged from the token before it.
 */
export function codeOf(source: string): string {
  const out = source.split('');
  /** For each open template: how many braces are open inside its current `${`. */
  const templates: number[] = [];
  let last = '';
  let at = 0;

  const blank = (from: number, to: number): void => {
    for (let i = from; i < to; i++) if (out[i] !== '\n') out[i] = ' ';
  };
  /** From inside a template's text to its end or the next `${`; answers where code goes on. */
  const template = (from: number): number => {
    let i = from;
    while (i < source.length && source[i] !== '`' && !source.startsWith('${', i)) i += source[i] === '\\' ? 2 : 1;
    blank(from, i);
    if (source[i] === '`') {
      last = '`';
      return i + 1;
    }
    templates.push(0);
    last = '{';
    return i + 2;
  };

  while (at < source.length) {
    const char = source[at];
    const rest = source.slice(at, at + 2);
    if (rest === '//' || (at === 0 && rest === '#!')) {
      const end = source.indexOf('\n', at);
      blank(at, end < 0 ? source.length : end);
      at = end < 0 ? source.length : end;
    } else if (rest === '/*') {
      const end = source.indexOf('*/', at + 2);
      blank(at, end < 0 ? source.length : end + 2);
      at = end < 0 ? source.length : end + 2;
    } else if (char === "'" || char === '"') {
      const end = closing(source, at + 1, char);
      blank(at + 1, end);
      at = end + 1;
      last = char;
    } else if (char === '`') {
      at = template(at + 1);
    } else if (char === '}' && templates.length > 0 && templates[templates.length - 1] === 0) {
      templates.pop();
      at = template(at + 1);
    } else if (char === '/' && opensRegex(last)) {
      const end = closingRegex(source, at + 1);
      blank(at + 1, end);
      at = end + 1;
      last = '/';
    } else if (/[\w$]/.test(char)) {
      const word = (/^[\w$]+/.exec(source.slice(at, at + 200)) as RegExpExecArray)[0];
      at += word.length;
      last = word;
    } else {
      if (templates.length > 0 && char === '{') templates[templates.length - 1] += 1;
      if (templates.length > 0 && char === '}') templates[templates.length - 1] -= 1;
      if (!/\s/.test(char)) last = char;
      at++;
    }
  }
  return out.join('');
}

function closing(source: string, from: number, quote: string): number {
  let i = from;
  while (i < source.length && source[i] !== quote && source[i] !== '\n') i += source[i] === '\\' ? 2 : 1;
  return i;
}

function closingRegex(source: string, from: number): number {
  let set = false;
  let i = from;
  for (; i < source.length && source[i] !== '\n'; i += source[i] === '\\' ? 2 : 1) {
    if (source[i] === '[') set = true;
    else if (source[i] === ']') set = false;
    else if (source[i] === '/' && !set) break;
  }
  return i;
}

function opensRegex(last: string): boolean {
  return last === '' || '([{,;:=!&|?+-*%<>~^'.includes(last) || ['return', 'typeof', 'case', 'of', 'in'].includes(last);
}

export interface Import {
  readonly from: string;
  /** Gone after compilation. */
  readonly typeOnly: boolean;
  readonly line: number;
}

/** Every module that a source names: import, export from, and import(). */
export function importsOf(source: string): Import[] {
  const code = codeOf(source);
  const found: Import[] = [];
  const patterns = [
    /(?<![\w$.])(?:import|export)\s+(type\b(?!\s*,|\s+from\s+from))?[^;'"()]*?from\s*['"]/g,
    /(?<![\w$.])import\s*()\(\s*['"]/g,
    /(?<![\w$.])import\s*()['"]/g,
  ];
  for (const pattern of patterns) {
    for (const match of code.matchAll(pattern)) {
      const start = match.index + match[0].length;
      const end = closing(source, start, source[start - 1]);
      const named = /\{([^}]*)\}/.exec(match[0])?.[1];
      const inline = named !== undefined && named.trim() !== '' && !/import\s+[\w$]+\s*,/.test(match[0]);
      const allTypes = inline && named.split(',').every((each) => each.trim() === '' || /^\s*type\s/.test(each));
      found.push({
        from: source.slice(start, end),
        typeOnly: match[1] !== undefined && match[1] !== '' ? true : allTypes,
        line: source.slice(0, match.index).split('\n').length,
      });
    }
  }
  return found.sort((a, b) => a.line - b.line);
}
