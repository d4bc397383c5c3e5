// Who decides about whom in a room, as the server has it. Pure.

/** From the lowest to the highest. */
export const roles = ['reader', 'member', 'moderator', 'owner'];

const rank = (role) => roles.indexOf(role);

export const isModerator = (role) => rank(role) >= rank('moderator');

/** Whether `mine` may give `theirs` another role, or remove them. */
export const mayDecideAbout = (mine, theirs) => mine === 'owner' || (isModerator(mine) && rank(theirs) < rank(mine));

/** Also owners mute only those below them. */
export const mayMute = (mine, theirs) => isModerator(mine) && rank(theirs) < rank(mine);

/** Those that `mine` may give. */
export const rolesToGive = (mine) => (mine === 'owner' ? roles : isModerator(mine) ? roles.filter((role) => rank(role) < rank(mine)) : []);
