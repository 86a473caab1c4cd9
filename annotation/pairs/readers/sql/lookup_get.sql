SELECT record FROM rows WHERE key = :key
