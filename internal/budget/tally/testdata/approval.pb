META
key;value
num_projects;3
num_votes;4
budget;20
vote_type;approval
min_project_score_threshold;2
PROJECTS
project_id;cost;votes;selected
p;10;3;1
q;10;3;1
r;10;3;2
VOTES
voter_id;vote;time
31;r,p,q;11:59
12;q, p,p;12:00
44;r;12:01
5;p,q,r;12:02
