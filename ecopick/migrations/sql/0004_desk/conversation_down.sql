drop table message_mentions;
