using System.Globalization;
using System.Text.Json;
using ReadLoad;

// make COUNT FILE                                an archive of so many small images, as "docker save" writes it
// http ADDRESS PATH CLIENTS SECONDS [HEADER]     ADDRESS is host:port, or the path of a Unix socket
// get SOCKET NAMESPACE NAME CLIENTS SECONDS      one gRPC call of containerd's Images service each time
// list SOCKET NAMESPACE - CLIENTS SECONDS
// page SOCKET NAMESPACE SNAPSHOTTER CLIENTS SECONDS    the first hundred snapshots
// prepare SOCKET NAMESPACE SNAPSHOTTER COUNT     so many active snapshots
switch (args)
{
    case ["make", var count, var file]:
        Archive.Write(int.Parse(count, CultureInfo.InvariantCulture), file);
        break;
    case ["http", var address, var path, var clients, var seconds, .. var headers]:
        Report(Load.Run(clients, seconds, () => HttpTarget.Open(address, path, headers)));
        break;
    case ["prepare", var socket, var containerdNamespace, var snapshotter, var count]:
        using (var target = new GrpcTarget(socket, containerdNamespace))
        {
            target.Prepare(snapshotter, int.Parse(count, CultureInfo.InvariantCulture));
        }

        break;
    case [("get" or "list" or "page") and var call, var socket, var containerdNamespace, var name, var clients, var seconds]:
        using (var target = new GrpcTarget(socket, containerdNamespace))
        {
            Report(Load.Run(clients, seconds, () => target.Open(call, name)));
        }

        break;
    default:
        Console.Error.WriteLine("see the top of Program.cs");
        return 2;
}

return 0;

static void Report(Measured measured) => Console.WriteLine(JsonSerializer.Serialize(measured, JsonSerializerOptions.Web));
