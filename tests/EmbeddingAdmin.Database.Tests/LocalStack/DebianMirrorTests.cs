using EmbeddingAdmin.Local;

namespace EmbeddingAdmin.Database.Tests;

public sealed class DebianMirrorTests
{
    [Fact]
    public void The_archive_and_its_security_updates_are_read_from_both_forms_of_apt_sources()
    {
        using var folder = new StackFolder();
        var list = Directory.CreateDirectory(Path.Combine(folder.Path, "sources.list.d")).FullName;
        File.WriteAllText(Path.Combine(folder.Path, "sources.list"), """
            # deb http://old.example/debian bookworm main
            deb cdrom:[Debian 12]/ bookworm main
            deb [arch=amd64 signed-by=/etc/apt/keyrings/other.gpg] http://other.example/debian stable main
            deb http://packages.example/debian/12/prod bookworm main
            """);
        File.WriteAllText(Path.Combine(list, "debian.sources"), """
            Types: deb
            URIs: http://off.example/debian
            Suites: bookworm
            Components: main
            Enabled: no

            Types: deb
            # a comment: with a colon
            URIs: http://mirror.example/debian
            Suites: bookworm bookworm-updates
            Components: main contrib
            Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

            Types: deb
            URIs: http://mirror.example/debian-security
            Suites: bookworm-security
            Components: main
            """);
        Assert.Equal(new DebianMirror("http://mirror.example/debian", "http://mirror.example/debian-security"), DebianMirror.Find(folder.Path));
    }

    [Fact]
    public void A_machine_without_a_Debian_archive_has_no_mirror()
    {
        using var folder = new StackFolder();
        File.WriteAllText(Path.Combine(folder.Path, "sources.list"), "deb http://archive.example/ubuntu noble main\n");
        Assert.Null(DebianMirror.Find(folder.Path));
    }
}
