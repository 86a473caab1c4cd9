-- One step of one rollout of the group is all that is wanted. Arrays are flat, five steps a rollout.
EXISTS (
    SELECT FROM generate_subscripts(training_rewardgroup.sources, 1) AS place
    WHERE true
    -- if step
        AND mod(place - 1, 5) = %(kind)s - 1
    -- end
    -- if right
        AND training_rewardgroup.sources[place] <> 0 AND training_rewardgroup.rewards[place] >= 0.5
    -- end
    -- if wrong
        AND training_rewardgroup.sources[place] <> 0 AND training_rewardgroup.rewards[place] < 0.5
    -- end
    -- if masked
        AND training_rewardgroup.sources[place] = 0
    -- end
    -- if up
        AND training_rewardgroup.advantages[place] > 0
    -- end
    -- if down
        AND training_rewardgroup.advantages[place] < 0
    -- end
    -- if zero
        AND training_rewardgroup.advantages[place] = 0
    -- end
)
