/** DATA_DIR cannot be used: said in a sentence that names the variable. */
export class DataFolderUnusable extends Error {
  constructor(folder: string, cause: NodeJS.ErrnoException) {
    super(
      `DATA_DIR: ${folder} cannot be used: ${REASONS[cause.code ?? ''] ?? cause.message}. Expected a folder that this user may write to, or memory:`,
      { cause },
    )
    this.name = 'DataFolderUnusable'
  }
}

const REASONS: Record<string, string> = {
  EACCES: 'this user has no permission to write there',
  EPERM: 'this user has no permission to write there',
  EROFS: 'its file system is read-only',
  ENOSPC: 'its disk is full',
  EDQUOT: 'the quota of its disk is used up',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EEXIST: 'it is a file, not a folder',
  ENOENT: 'it cannot be created there',
  ELOOP: 'it is a symbolic link to itself',
  ENAMETOOLONG: 'the name is too long',
  EIO: 'its disk reports an error',
  EMFILE: 'too many files are open',
}
