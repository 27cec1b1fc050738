META
key;value
num_projects;3
num_votes;3
budget;"1 234,50"
vote_type;cumulative
max_sum_points;10

PROJECTS;;
project_id;cost;name
1;1e3;Sad
2;250;Staw
3;0;Rozmowa
;;
VOTES;;
voter_id;vote;points
x;1,2;7.5,2.5
y;2,2,3;1,2,0
z;;
