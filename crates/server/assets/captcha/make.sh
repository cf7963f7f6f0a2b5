#!/bin/sh
# Makes the clips next to this script: one raw file (8 kHz, 8-bit unsigned, mono) for each character of the alphabet.
# Needs espeak-ng and sox (Debian: apt-get install espeak-ng sox). Run it again only when the words change: the clips are
# kept in the repository so that a build needs neither program.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT

# clip CHARACTER WORDS
clip() {
    espeak-ng -v en-gb+f2 -s 165 -p 45 -a 100 -w "$work/full.wav" "$2"
    # Cut the silence off both ends, keep what a telephone carries, bring all clips to one loudness, then 8 kHz and 8 bits.
    sox -D "$work/full.wav" -t raw -r 8000 -e unsigned-integer -b 8 -c 1 "$1.u8" \
        vol 0.5 highpass 120 silence 1 0.01 0.4% reverse silence 1 0.01 0.4% reverse \
        rate 8000 norm -3 gain -l 9 norm -1 fade t 0.005 reverse fade t 0.015 reverse
}

clip A 'ay, for apple'
clip C 'C, for cat'
clip E 'E, for egg'
clip F 'F, for fox'
clip G 'G, for goat'
clip H 'H, for house'
clip J 'J, for jam'
clip K 'K, for king'
clip P 'P, for pen'
clip R 'R, for river'
clip T 'T, for tea'
clip W 'W, for water'
clip X 'X, for x ray'
clip Y 'Y, for yes'
clip 3 'number three'
clip 4 'number four'
clip 7 'number seven'
clip 9 'number nine'
