-- Lists of people ask of each person in their order whether a word fits: the
-- index answers that alone.
drop index access_words_person;
create index access_words_person on access_words (person, word);
