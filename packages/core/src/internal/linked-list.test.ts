import { describe, expect, test } from 'vitest';

import { LinkedList } from './linked-list.js';

describe('LinkedList', () => {
  test('values keep their order, whichever leave', () => {
    const list = new LinkedList<string>();
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((value) => list.push(value));
    const front = list.unshift('front');
    expect([list.first, ...list]).toEqual(['front', 'front', 'a', 'b', 'c', 'd']);
    expect([b, front, d].map((link) => list.remove(link!))).toEqual([true, true, true]);
    expect([list.size, ...list]).toEqual([2, 'a', 'c']);
    expect([a, c].map((link) => list.remove(link!))).toEqual([true, true]);
    expect([list.size, list.first]).toEqual([0, undefined]);
    list.unshift('again');
    list.push('and again');
    expect([...list]).toEqual(['again', 'and again']);
    expect([list.shift(), list.shift(), list.shift(), list.size]).toEqual(['again', 'and again', undefined, 0]);
  });

  test('a value leaves once, and only the list that it is in', () => {
    const [list, other] = [new LinkedList<number>(), new LinkedList<number>()];
    const link = list.push(1);
    other.push(1);
    expect([other.remove(link), list.remove(link), list.remove(link)]).toEqual([false, true, false]);
    expect([list.size, other.size]).toEqual([0, 1]);
  });

  test('the value at hand may leave during a walk', () => {
    const list = new LinkedList<number>();
    const links = [1, 2, 3].map((value) => list.push(value));
    const seen: number[] = [];
    for (const value of list) {
      seen.push(value);
      list.remove(links[value - 1]!);
    }
    expect([seen, list.size]).toEqual([[1, 2, 3], 0]);
  });
});
