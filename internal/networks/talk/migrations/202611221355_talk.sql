-- Threads of the discussion of a network. The title stays when its author is
-- erased, the author's id does not. Purpose: talk.words; deleted with all that
-- belongs to them as the law's number talk.keep says.
create table talk_threads (
    id          text primary key,
    network     text not null,
    center      text not null,                    -- that runs the network
    title       text not null,
    hidden      boolean not null default false,   -- the first post is hidden, and so is the title
    closed      boolean not null default false,   -- takes no posts
    author      text not null,                    -- the own id once the person was erased
    institution text not null,
    posts       integer not null default 0,       -- and the number of the last one
    at          bigint not null,                  -- UTC seconds
    last_at     bigint not null,
    year_ends   bigint not null                   -- of the school year of the network
);
create index talk_threads_network on talk_threads (network, last_at, id);
create index talk_threads_author on talk_threads (author, id);
create index talk_threads_ends on talk_threads (year_ends, id);

-- What was said. Purpose: talk.words; the words go with their author's account,
-- the place in the thread stays, and the row goes with the thread.
create table talk_posts (
    id          text primary key,
    thread      text not null references talk_threads (id) on delete cascade,
    n           integer not null,                 -- 1, 2, 3 … within the thread
    revision    bigint not null default 1,
    author      text not null,                    -- the own id once the person was erased
    institution text not null,                    -- in which the author joined
    words       text not null,
    at          bigint not null,
    edited_at   bigint not null default 0,
    gone        text not null default '',         -- withdrawn, erased: no words are left
    hidden_at   bigint not null default 0,        -- 0 while it is shown
    hidden_by   text not null default '',
    reason      text not null default '',         -- why it is hidden
    letter      text unique,                      -- the mailed link by which it came: one link, one post
    unique (thread, n)
);
create index talk_posts_author on talk_posts (author, at);
create index talk_posts_hider on talk_posts (hidden_by, id);

-- How far somebody read a thread, and how they follow it. Purpose: talk.words;
-- deleted with the account, and with the thread.
create table talk_marks (
    person   text not null,
    thread   text not null references talk_threads (id) on delete cascade,
    seen     integer not null default 0,          -- number of the last post that was shown
    follow   text not null default '',            -- inbox, letters, off; '' while nothing was said
    lettered integer not null default 0,          -- number of the last post that a letter told
    primary key (person, thread)
);
create index talk_marks_thread on talk_marks (thread, person);

-- Who was mentioned in a post. Purpose: talk.words; deleted with the account, and
-- with the thread.
create table talk_mentions (
    post   text not null references talk_posts (id) on delete cascade,
    person text not null,
    primary key (post, person)
);
create index talk_mentions_person on talk_mentions (person, post);

-- Posts that somebody asked those who lead to look at. Purpose: talk.words;
-- deleted with the account of who asked, and with the thread.
create table talk_reports (
    id         text primary key,
    post       text not null references talk_posts (id) on delete cascade,
    person     text not null,
    words      text not null,
    at         bigint not null,
    state      text not null,                     -- open, kept, hidden
    settled_by text not null default '',
    settled_at bigint not null default 0,
    unique (post, person)
);
create index talk_reports_state on talk_reports (state, id);
create index talk_reports_person on talk_reports (person, id);
create index talk_reports_settler on talk_reports (settled_by, id);

-- Letters with a link to answer by. The secret of the link lies nowhere. Purpose:
-- talk.words; deleted a month after the link ran out, with the account and with
-- the thread.
create table talk_letters (
    id         text primary key,
    person     text not null,
    thread     text not null references talk_threads (id) on delete cascade,
    at         bigint not null,
    expires_at bigint not null
);
create index talk_letters_person on talk_letters (person, id);
create index talk_letters_thread on talk_letters (thread, id);
create index talk_letters_expires on talk_letters (expires_at, id);
