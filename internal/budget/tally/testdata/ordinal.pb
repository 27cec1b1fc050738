META
key;value
description;"Szkolny budżet; ""klasy""
i rodzice"
unit;Osiedle
instance;2026
num_projects;3
num_votes;4
budget;1000.50
vote_type;ordinal
rule;greedy
min_length;1
max_length;3
PROJECTS
project_id;cost;votes;score;name;category;target;selected;latitude;proposer
a;400.25;3;5;"Ławki; kosze &quot;eko&quot;";zieleń,sport;children;1;50.06;Ktoś
b/1;600;3;5;"""Książki"" dla wszystkich";None;;1;;
c c;1000.5;2;3;Boisko "Orlik";sport;None;0;;
VOTES
voter_id;vote;age;sex
1;a,b/1,c c;12;F
2;b/1,a;13;M
3;b/1;;
4;c c,a;15;F