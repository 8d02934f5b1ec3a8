-- What a run has written for a text, so that rows with the same text are not paid for again.
create index stamp_of_text on embedding_admin.stamp (run, text_hash);
