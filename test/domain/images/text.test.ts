import * as fc from 'fast-check';
import { textKindOf } from '../../../domain/images/text';

const utf8 = (text: string) => Buffer.from(text);

test.each<[string, Buffer, string]>([
  ['an empty file', Buffer.alloc(0), 'empty'],
  ['a page', utf8('<!doctype html><title>Expired</title>'), 'HTML'],
  ['a page after blank lines', utf8('\r\n\r\n  <HTML><body>'), 'HTML'],
  ['a page behind a byte order mark', utf8('\ufeff<html>'), 'HTML'],
  ['a page in UTF-16', Buffer.from('\ufeff<html>é', 'utf16le'), 'HTML'],
  ['a page in Latin-1', Buffer.from('<html><body>café', 'latin1'), 'HTML'],
  ["a file host's XML", utf8('<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>'), 'XML'],
  ['an SVG', utf8('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'XML'],
  ['an object', utf8(' {"error":"expired"}'), 'JSON'],
  ['a list', utf8('[]'), 'JSON'],
  ['a sentence', utf8('The file has expired.\n'), 'text'],
  ['a sentence in Chinese, cut off within a character', utf8('文件已过期').subarray(0, 14), 'text'],
])('%s is %s', (_, bytes, kind) => {
  expect(textKindOf(bytes)).toBe(kind);
});

test.each<[string, Buffer]>([
  ['a NUL within ASCII', utf8('abc\0def')],
  ['bytes that no code of text has', Buffer.from('00ff10fe8081', 'hex')],
  ['JPEG XL', Buffer.from('ff0afa7f', 'hex')],
  ['a portable pixmap', Buffer.from('P6 2 1 255\n\x00\xff\x10\xfe\x80\x81', 'latin1')],
])('%s is not clearly text', (_, bytes) => {
  expect(textKindOf(bytes)).toBeUndefined();
});

test('takes any bytes without an exception, and text for text', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => expect(() => textKindOf(bytes)).not.toThrow()));
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), (text) => {
      fc.pre(!/\p{Cc}/u.test(text));
      expect(textKindOf(utf8(text))).toBeDefined();
    }),
  );
});
