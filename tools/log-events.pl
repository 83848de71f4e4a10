#!/usr/bin/perl
# log-events.pl FILE.c...: every event that the code logs, as "level=L event=E key= key= ...", one a
# line, sorted; `make lint` holds docs/log-events.md to it.
# log-events.pl --document FILE.md: the same of the sample lines in a document.
use strict;
use warnings;

my %seen;
if (@ARGV && $ARGV[0] eq '--document') {
    shift;
    while (<>) {
        next unless /^level=(\w+) event=([\w.]+)(.*)$/;
        my ($level, $event, $rest) = ($1, $2, $3);
        my @keys = $rest =~ / (\w+)=(?:"(?:[^"\\]|\\.)*"|\S*)/g;
        $seen{join ' ', "level=$level", "event=$event", map { "$_=" } sort @keys} = 1;
    }
} else {
    local $/;
    while (my $text = <>) {
        while ($text =~ /\blog_(debug|info|warning|error)(\((?:[^()"]++|"(?:[^"\\]|\\.)*+"|(?2))*\))/g) {
            my ($level, $call) = ($1, $2);
            next unless $call =~ /^\(\s*"([\w.]+)"/;
            my $event = $1;
            my @keys = $call =~ /LOG_\w+\(\s*"(\w+)"/g;
            $seen{join ' ', "level=$level", "event=$event", map { "$_=" } sort @keys} = 1;
        }
    }
}
print "$_\n" for sort keys %seen;
