namespace EmbeddingAdmin.Local;

/// <summary>Where the server's programs are, and the commands that start them under their own loader.</summary>
internal sealed record PostgresPrograms(string Loader, string Libraries, string Bin)
{
    private static readonly string[] Loaders = ["ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"];

    /// <summary>The server; a script, because initdb executes it too.</summary>
    public string Server => Path.Combine(Bin, "postgres");

    public IEnumerable<string> InitDb => [Loader, "--library-path", Libraries, Path.Combine(Bin, "initdb")];

    public static PostgresPrograms In(string folder)
    {
        var loader = LoaderIn(folder);
        return new PostgresPrograms(loader, Path.GetDirectoryName(loader)!, Path.Combine(folder, "usr/lib/postgresql/17/bin"));
    }

    /// <summary>The loader among unpacked packages; their libraries are beside it.</summary>
    public static string LoaderIn(string folder) => Directory.GetDirectories(Path.Combine(folder, "usr/lib"), "*-linux-gnu")
        .SelectMany(libraries => Loaders.Select(name => Path.Combine(libraries, name))).FirstOrDefault(File.Exists)
        ?? throw new LocalStackException($"{folder} holds no program loader. Delete this folder and start again.");

    /// <summary>LD_LIBRARY_PATH would not do: the host's loader and the packages' C library do not go together.</summary>
    public static void WrapServer(string folder)
    {
        var programs = In(folder);
        File.Move(programs.Server, $"{programs.Server}.elf");
        var up = Path.GetRelativePath(programs.Bin, programs.Libraries);
        File.WriteAllText(programs.Server, $"""
            #!/bin/sh
            here=$(dirname "$(readlink -f "$0")")
            lib=$here/{up}
            exec "$lib/{Path.GetFileName(programs.Loader)}" --library-path "$lib" --argv0 "$here/postgres" "$here/postgres.elf" "$@"

            """);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(programs.Server, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
                | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
    }
}
